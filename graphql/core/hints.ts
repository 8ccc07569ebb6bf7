/** Errors without the names that graphql-js proposes: they would tell the schema that introspection hides. Pure. */

export function withoutHints(message: string): string {
  return message.replace(/ ?Did you mean .*$/s, '');
}
