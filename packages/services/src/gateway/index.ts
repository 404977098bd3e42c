/** The gateway, for processes that start one. */
export { type GatewayConfig, gatewayConfigSchema } from './config.ts';
export { GatewayError } from './gateway-error.ts';
export { startGateway } from './start.ts';
