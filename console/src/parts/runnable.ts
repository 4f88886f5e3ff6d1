/** Arguments that take enum values, which GraphQL writes without quotes. */
const ofEnums = new Set(['status', 'kind', 'failureKind', 'action', 'field', 'direction']);

/** The document with the variables as its defaults: it asks for the same when it is run alone. */
export function asGraphql(document: string, variables: object): string {
  const given = new Map<string, unknown>(Object.entries(variables));
  return document.replace(/\$(\w+):\s*[\w[\]!]+/g, (definition, name: string) => {
    const value = given.get(name);
    return value === undefined ? definition : `${definition} = ${literalOf(value, name)}`;
  });
}

function literalOf(value: unknown, name: string): string {
  if (Array.isArray(value)) return `[${value.map((each) => literalOf(each, name)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, each]) => `${key}: ${literalOf(each, key)}`);
    return `{ ${fields.join(', ')} }`;
  }
  return typeof value === 'string' && ofEnums.has(name) ? value : JSON.stringify(value);
}
