export * from './extensions.ts';
export * from './header.ts';
export type { PaymentPayload, PaymentRequired, PaymentRequirement, SettleResponse } from './messages.ts';
export * from './payloads.ts';
export * from './payment.ts';
