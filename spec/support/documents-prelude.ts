/** What the README and `docs/` presuppose where they show code. It is compiled with their code, and never run. */
import type { Express } from 'express';
import type { Server } from 'node:http';
import type { ParseServer } from 'parse-server';
import type { CallerSession, Sessions } from '../../src';
import type { PairingRequest } from '../../src/client';

export declare const express: typeof import('express');
/** In cloud code and on the server: the SDK of Parse Server. In a browser it has the same classes. */
export declare const Parse: typeof import('parse/node').default;
export declare const parseSessions: typeof import('../../src').parseSessions;
/** What `parseSessions()` has answered. */
export declare const sessions: Sessions;
export declare const server: ReturnType<typeof ParseServer>;
export declare const app: Express;
export declare const httpServer: Server;
export declare const options: Parameters<typeof ParseServer>[0];
/** A logged-in user, a session of his, and its token. */
export declare const user: Parse.User;
export declare const session: CallerSession;
export declare const sessionToken: string;
/** Of `_Session`, in the app's `schema.definitions`. */
export declare const definitions: [{ className: '_Session' }];

/** The app's own code. */
export declare function transfer(request: Parse.Cloud.FunctionRequest): Promise<string>;
export declare function mailSignIn(userId: string | null, device: object, ip: string | null): Promise<void>;
export declare function mail(to: unknown, text: string): Promise<void>;
export declare function showLogIn(notice?: string): void;
export declare function showError(error: unknown): void;
export declare function askForPassword(problem?: string): Promise<string | null>;
export declare function userAllows(request: PairingRequest): Promise<boolean>;
export declare const form: { code: { value: string }; onsubmit: () => Promise<void> };
export declare function ask(
  code: string,
  request: PairingRequest,
): Promise<{ isAllowed: boolean; name: string; scopes: string[] }>;
export declare const typed: string;
export declare const serialNumber: string;
export declare const display: { show(...lines: string[]): void };
export declare const switchedOff: AbortController;
export declare function store(sessionToken: string): Promise<void>;
export declare const geo: { lookUp(ip: string): Promise<{ city: string } | null> };

/** Of mongosh. */
export declare const db: {
  getCollection(name: string): {
    createIndex(keys: Record<string, 1>, options: { name: string; sparse: boolean }): void;
  };
};
