export {
  type Contract,
  type ContractTree,
  contractOf,
  entryOf,
  isProcedure,
  type RouterTree,
} from './contract/contract.ts'
export {
  type BuiltInError,
  type BuiltInErrorOf,
  isTautlineError,
  type Outcome,
  TautlineError,
  type TautlineErrorOptions,
} from './contract/error.ts'
export { type BuiltInData, ERROR_CODES, type FailableCode } from './contract/error-codes.ts'
export { type BuiltInCode, isBuiltInCode } from './contract/error-messages.ts'
export type {
  FailCode,
  FailData,
  HandlerInput,
  HandlerItem,
  HandlerOutput,
  HandlerResume,
  HandlerUp,
  InferErrors,
  InferEventParams,
  InferEventPayload,
  InferInput,
  InferItem,
  InferOutput,
  InferResume,
  InferUp,
  PublishPayload,
} from './contract/infer.ts'
export {
  type DuplexOptions,
  duplex,
  type EventOptions,
  event,
  type MutationOptions,
  mutation,
  type QueryOptions,
  query,
  type SubscriptionOptions,
  subscription,
} from './contract/procedure.ts'
export type {
  AnyProcedure,
  Duplex,
  ErrorSchemas,
  EventProcedure,
  Mutation,
  ProcedureDef,
  ProcedureEntry,
  ProcedureKind,
  Query,
  Subscription,
} from './contract/procedure-types.ts'
export type { Result } from './contract/result.ts'
export { router } from './contract/router.ts'
export type { Schema, SchemaInput, SchemaIssue, SchemaOutput, SchemaResult } from './contract/schema.ts'
export { type Issue, type Validation, type ValidationFailure, validate } from './contract/validate.ts'
