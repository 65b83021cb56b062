/**
 * A `.env` file as Compose reads it: in double quotes a backslash escapes itself, `"`, `$` and line ends.
 * https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax
 */
export function renderDotenv(
  variables: readonly { readonly variable: string; readonly content: string }[],
): string {
  return variables.map(({ variable, content }) => `${variable}="${escaped(content)}"\n`).join("");
}

function escaped(text: string): string {
  return text.replace(/[\\"$]/g, "\\$&").replaceAll("\r", "\\r");
}
