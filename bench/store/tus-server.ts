/** A tus server over a directory, in a process of its own: `node tus-server.ts DIRECTORY`; prints its port. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { optional } from './peer.ts';

interface Tus {
  Server: new (options: object) => { handle(request: IncomingMessage, response: ServerResponse): unknown };
}
interface Files {
  FileStore: new (options: { directory: string }) => object;
}

const { Server } = (await optional('@tus/server')) as unknown as Tus;
const { FileStore } = (await optional('@tus/file-store')) as unknown as Files;
const directory = process.argv[2] ?? '.';
const tus = new Server({ path: '/files', datastore: new FileStore({ directory }) });
const server = createServer((request, response) => void tus.handle(request, response));
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
