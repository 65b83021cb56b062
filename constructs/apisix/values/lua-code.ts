import { type LuaNode, parse } from "luaparse";

/** Why OpenResty cannot load a Lua chunk, or undefined. */
export function luaProblem(code: string): string | undefined {
  const chunk = parsed(code);
  return typeof chunk === "string" ? `not Lua: ${chunk}` : undefined;
}

/** Why a chunk does not return a function, as those of serverless plugins must, or undefined where it may. */
export function luaFunctionProblem(code: string): string | undefined {
  const chunk = parsed(code);
  if (chunk === undefined) return undefined;
  if (typeof chunk === "string") return `not Lua: ${chunk}`;
  return mayReturnFunction(chunk) ? undefined : "a Lua chunk that returns no function";
}

/** The statements of a chunk, or the reason why there are none; undefined when it cannot be told. */
function parsed(code: string): readonly LuaNode[] | string | undefined {
  // LuaJIT skips a first line that begins with `#`.
  let text = code.replace(/^#.*/, "");
  for (;;) {
    try {
      return parse(text, { luaVersion: "LuaJIT", comments: false, extendedIdentifiers: true }).body;
    } catch (error) {
      if (!(error instanceof SyntaxError)) return undefined;
      const { index = -1 } = error as SyntaxError & { readonly index?: number };
      if (text[index] !== ";") return error.message.replace(/^\[(\d+):\d+\] /, "line $1: ");
      // OpenResty's LuaJIT has the empty statement of Lua 5.2, the parser's has not.
      text = `${text.slice(0, index)} ${text.slice(index + 1)}`;
    }
  }
}

const notFunctions = [
  "BooleanLiteral",
  "NilLiteral",
  "NumericLiteral",
  "StringLiteral",
  "TableConstructorExpression",
];

/** Whether its last statement could return one. What a block, a call or a variable gives is not known. */
function mayReturnFunction(chunk: readonly LuaNode[]): boolean {
  const last = chunk.at(-1);
  if (last?.type === "ReturnStatement") {
    const [value] = last.arguments ?? [];
    return value !== undefined && !notFunctions.includes(value.type);
  }
  return chunk.some(({ type }) => /^(If|Do|While|Repeat|For)/.test(type));
}
