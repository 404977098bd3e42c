/** Erasure of private payloads at their client's word. */
export { type ErasableStore, Eraser, type Erasure } from './eraser.ts';
export { erasedFields, fieldsToErase, type PrivateField, withoutSalts } from './fields.ts';
