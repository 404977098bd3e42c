/** The log server: a log over HTTP. */
export { type Admission, AdmissionError } from './admission.ts';
export {
  type LogServerConfig,
  type LogServerConfigInput,
  loadLogServerConfig,
  parseLogServerConfig,
} from './config.ts';
export { opaqueAdmission } from './opaque-admission.ts';
export { LogServerError } from './server-error.ts';
export { type LogServerOutside, type RunningLogServer, startLogServer } from './start.ts';
export { statementAdmission } from './statement-admission.ts';
