import http from 'node:http';

export interface LoadRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: object;
}

/** Sends requests over connections that are kept open, so many at a time. */
export class Load {
  private readonly agent: http.Agent;

  constructor(private readonly concurrency: number) {
    this.agent = new http.Agent({ keepAlive: true, maxSockets: concurrency });
  }

  /**
   * Sends them all and answers how many per second, with the answers in the order of the requests.
   * @throws Error for the first answer that is not a success.
   */
  async run(
    origin: string,
    requests: readonly LoadRequest[],
  ): Promise<{ perSecond: number; answers: unknown[] }> {
    const answers: unknown[] = [];
    let next = 0;
    const work = async () => {
      while (next < requests.length) {
        const index = next++;
        answers[index] = await this.send(origin, requests[index]!);
      }
    };
    const started = performance.now();
    await Promise.all(Array.from({ length: this.concurrency }, work));
    return { perSecond: (requests.length / (performance.now() - started)) * 1000, answers };
  }

  close(): void {
    this.agent.destroy();
  }

  private send(origin: string, { method, path, headers, body }: LoadRequest): Promise<unknown> {
    const payload = body && JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = http.request(
        origin + path,
        {
          method,
          agent: this.agent,
          headers: {
            ...headers,
            ...(payload && {
              'Content-Type': 'application/json',
              'Content-Length': Buffer.byteLength(payload),
            }),
          },
        },
        response => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', chunk => (text += chunk));
          response.on('error', reject);
          response.on('end', () => {
            if (response.statusCode! < 300) resolve(JSON.parse(text));
            else reject(new Error(`${method} ${path} answered ${response.statusCode}: ${text}`));
          });
        },
      );
      request.on('error', reject);
      request.end(payload);
    });
  }
}
