import {
  createSourceEventStream,
  execute,
  getNamedType,
  getOperationAST,
  isObjectType,
  Kind,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { fragmentsOf } from './operation-limits.ts';
import { isPlain } from './plain-selections.ts';

/** The `@Extensions` of a field whose resolver looks at its object alone: neither at the caller nor at the time. */
export const ofObjectAlone = { ofObjectAlone: true } as const;

type Results = AsyncIterableIterator<ExecutionResult, void, undefined>;
type MaybeResult = ExecutionResult | Promise<ExecutionResult>;

/**
 * `subscribe` of graphql-js, but that those who watch the same with the same operation share the
 * result of each change: a thousand watchers of one list would have it made a thousand times.
 *
 * Shared is only what follows from the changed object alone: of it plain fields are asked, in an
 * operation that is the same object (live-operations.ts keeps one for each text). Whatever the
 * variables are, they choose what is watched and nothing in it.
 */
export class SharedResults {
  readonly #areShared = new WeakMap<OperationDefinitionNode, boolean>();
  /** By the changed object, which all who watch it are given, and the operation. */
  readonly #made = new WeakMap<object, Map<OperationDefinitionNode, MaybeResult>>();

  async subscribe(args: ExecutionArgs): Promise<Results | ExecutionResult> {
    const stream = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in stream)) return stream;
    const changes = stream[Symbol.asyncIterator]() as AsyncIterator<object, void, undefined>;
    const operation = getOperationAST(args.document, args.operationName)!;
    const result = this.#isShared(operation, args)
      ? (change: object) => this.#sharedOf(change, operation, args)
      : (rootValue: object) => execute({ ...args, rootValue });
    return mapped(changes, result);
  }

  #sharedOf(change: object, operation: OperationDefinitionNode, args: ExecutionArgs): MaybeResult {
    const made = this.#made.get(change) ?? new Map<OperationDefinitionNode, MaybeResult>();
    this.#made.set(change, made);
    const known = made.get(operation) ?? execute({ ...args, rootValue: change });
    made.set(operation, known);
    return known;
  }

  #isShared(operation: OperationDefinitionNode, { schema, document }: ExecutionArgs): boolean {
    const known = this.#areShared.get(operation);
    if (known !== undefined) return known;
    const isShared = followsFromObject(operation, schema, document);
    this.#areShared.set(operation, isShared);
    return isShared;
  }
}

/** The results of changes; to end it ends the changes, even while they are waited for. */
function mapped<Change>(
  changes: AsyncIterator<Change, void, undefined>,
  result: (change: Change) => MaybeResult | PromiseLike<ExecutionResult>,
): Results {
  return {
    async next() {
      const change = await changes.next();
      if (change.done) return change;
      try {
        return { done: false, value: await result(change.value) };
      } catch (error) {
        await changes.return?.();
        throw error;
      }
    },
    async return() {
      await changes.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function followsFromObject(
  { selectionSet: { selections }, directives }: OperationDefinitionNode,
  schema: GraphQLSchema,
  document: DocumentNode,
): boolean {
  const [field] = selections;
  if (selections.length !== 1 || field?.kind !== Kind.FIELD) return false;
  if (field.directives?.length || directives?.length) return false;
  const type = getNamedType(schema.getSubscriptionType()?.getFields()[field.name.value]?.type);
  const fragments = Object.fromEntries(fragmentsOf(document));
  const mayResolve = ({ extensions }: { extensions: object }) => 'ofObjectAlone' in extensions;
  return isObjectType(type) && isPlain(field, type, { schema, fragments, mayResolve });
}
