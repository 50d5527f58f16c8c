import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { readBuilt } from './built';

/** What `app.use('/sessions', …)` takes, in Express 4 and 5, and in whatever else hands requests on like it. */
export type PageHandler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** What a page needs to know of the server. It stands in the page, for everybody to read. */
export type PageSettings = Record<string, unknown>;

export interface PageParts {
  /** The files of the build that it loads, in their order. */
  scripts: readonly string[];
  style: string;
  /** Where the build has put them. @default where it puts the package's own */
  folder?: string;
  title: string;
  /** The paths that show it, below where it is mounted; `''` is that itself. */
  paths: readonly string[];
  /** A further origin that it sends requests to. */
  connect: string | undefined;
  /** The application id; `undefined` as long as Parse Server has not started. */
  appId(): string | undefined;
  settings: PageSettings;
}

interface Asset {
  type: string;
  body: Buffer;
  gzipped: Buffer;
}

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/**
 * Serves a page and what belongs to it. Every address in it is relative, so it works below any path and behind any proxy.
 * Nothing in it is inline, nothing comes from elsewhere, and no other site may frame it.
 */
export function pageHandler({
  folder,
  title,
  paths,
  connect,
  appId,
  settings,
  ...files
}: PageParts): PageHandler {
  const assets = new Map<string, Asset>();
  const addressOf = (name: string): string => {
    const body = readBuilt(name, folder);
    const hash = createHash('sha256').update(body).digest('base64url').slice(0, 12);
    const { name: stem, ext } = path.parse(name);
    const address = `${stem}.${hash}${ext}`;
    assets.set(`assets/${address}`, { type: TYPES[ext]!, body, gzipped: gzipSync(body) });
    return `assets/${address}`;
  };
  const scripts = files.scripts.map(addressOf);
  const style = addressOf(files.style);

  const html = (id: string) =>
    [
      '<!doctype html>',
      '<html lang="en">',
      '<head>',
      '<meta charset="utf-8">',
      `<title>${escaped(title)}</title>`,
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
      '<meta name="color-scheme" content="light dark">',
      '<meta name="robots" content="noindex">',
      `<meta name="settings" content="${escaped(JSON.stringify({ appId: id, ...settings }))}">`,
      '<link rel="icon" href="data:,">',
      `<link rel="stylesheet" href="${style}">`,
      ...scripts.map(script => `<script src="${script}" defer></script>`),
      '</head>',
      '<body><noscript>This page needs JavaScript.</noscript></body>',
      '</html>',
      '',
    ].join('\n');

  return function page(request, response, next) {
    requireExchange(request, response, next);
    const { pathname, mounted, isMount } = pathOf(request);
    const asset = assets.get(pathname);
    if (!asset && !paths.includes(pathname)) return next();
    secure(response, connect);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    if (asset) return sendAsset(request, response, asset);
    // The addresses in the page are relative to its folder: `/sessions` is none, `/sessions/` is.
    if (isMount) {
      // The last part of the path as the server sees it: a proxy may have taken others away. With the dot it is no other origin.
      const location = `./${mounted.split('/').at(-1)}/`;
      response.writeHead(308, { Location: location, 'Cache-Control': 'no-store' }).end();
      return;
    }
    const id = appId();
    if (id === undefined) {
      response.writeHead(503, { 'Retry-After': '1' }).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : html(id));
  };
}

/** @throws TypeError for what is no request. It could hold anything, and is not shown. */
function requireExchange(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const isExchange =
    typeof Object(request).url === 'string' &&
    typeof Object(response).setHeader === 'function' &&
    typeof next === 'function';
  if (!isExchange)
    throw new TypeError('The page takes a request, its response and next(), as Express hands them.');
}

/** The path as it was sent, without its query. `URL` would take what follows on `//` for a host. */
const pathIn = (address = '/'): string => address.split('?', 1)[0]!;

function pathOf(request: IncomingMessage) {
  const path = pathIn(request.url);
  const mounted = pathIn((request as { originalUrl?: string }).originalUrl ?? request.url);
  return { pathname: path.slice(1), mounted, isMount: path === '/' && !mounted.endsWith('/') };
}

function secure(response: ServerResponse, connect: string | undefined): void {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    'img-src data:',
    `connect-src 'self'${connect ? ` ${connect}` : ''}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  const headers = {
    'Content-Security-Policy': policy.join('; '),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

/** Their names change with what is in them, so browsers may keep them for ever. */
function sendAsset(request: IncomingMessage, response: ServerResponse, { type, body, gzipped }: Asset): void {
  const zips = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  response.writeHead(200, {
    'Content-Type': type,
    'Cache-Control': 'public, max-age=31536000, immutable',
    'Content-Length': (zips ? gzipped : body).length,
    Vary: 'Accept-Encoding',
    ...(zips && { 'Content-Encoding': 'gzip' }),
  });
  response.end(request.method === 'HEAD' ? undefined : zips ? gzipped : body);
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string) => text.replace(/[&<>"']/g, character => ENTITIES[character]!);
