export { type Appended, LogClient, LogClientError, type Wait } from './log-client.ts';
