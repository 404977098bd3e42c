export { type Alert, Monitor, type MonitorOptions, type OtherHead, type Watched } from './monitor.ts';
