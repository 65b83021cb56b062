import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Lua } from "wasmoon-lua5.1";

const folders = ["apisix", "gateway", "httpd"].map((name) =>
  join(__dirname, `../../../constructs/${name}/lua`),
);

/** The kit's Lua files: path below their folder, and text. */
export const sources: readonly { path: string; text: string }[] = folders.flatMap((folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(({ name }) => name.endsWith(".lua"))
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => ({ path: relative(folder, file), text: readFileSync(file, "utf8") })),
);

/** `null` stands for JSON's, which is no nil. */
export type LuaValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly LuaValue[]
  | { readonly [key: string]: LuaValue };

/** Lua 5.1, by which APISIX runs them, with the kit's modules to `require`, and no way to make a global. */
export interface LuaModules {
  /** All results of a function of a module. */
  call(module: string, name: string, ...args: LuaValue[]): (string | number | boolean | undefined)[];
  /** All results of a chunk that is given arguments as `...`. */
  run(chunk: string, ...args: LuaValue[]): (string | number | boolean | undefined)[];
}

export async function loadLua(): Promise<LuaModules> {
  const lua = await Lua.create();
  lua.doStringSync(results);
  for (const { path, text } of sources) {
    const name = path.replace(/\.lua$/, "").replaceAll("/", ".");
    lua.doStringSync(
      `package.preload[${literal(name)}] = assert(loadstring(${literal(text)}, ${literal(path)}))`,
    );
  }
  lua.doStringSync(noGlobals);
  const run: LuaModules["run"] = (chunk, ...args) => {
    const text: string = lua.doStringSync(
      `return results(assert(loadstring(${literal(chunk)}))(${args.map(literal).join(", ")}))`,
    );
    return text === "" ? [] : text.split(",").map(read);
  };
  return {
    run,
    call: (module, name, ...args) =>
      run(`return require(${literal(module)})[${literal(name)}](...)`, ...args),
  };
}

const noGlobals = `
local function refuse(_, name) error("global " .. tostring(name), 2) end
setmetatable(_G, { __index = refuse, __newindex = refuse })`;

/** Strings cross in hexadecimal digits: the interpreter would change bytes that are no UTF-8. */
const results = `
function results(...)
  local texts = {}
  for index = 1, select("#", ...) do
    local value = select(index, ...)
    local digits = tostring(value):gsub(".", function(char) return ("%02x"):format(char:byte()) end)
    texts[index] = type(value) .. " " .. digits
  end
  return table.concat(texts, ",")
end`;

function read(text: string): string | number | boolean | undefined {
  const [type, digits = ""] = text.split(" ");
  const value = Buffer.from(digits, "hex").toString();
  if (type === "number") return Number(value);
  if (type === "boolean") return value === "true";
  return type === "nil" ? undefined : value;
}

function literal(value: LuaValue): string {
  if (value === undefined) return "nil";
  if (value === null) return "newproxy()";
  if (typeof value === "string") {
    return `"${[...Buffer.from(value)].map((byte) => `\\${String(byte).padStart(3, "0")}`).join("")}"`;
  }
  if (typeof value !== "object") return String(value);
  const entries = Array.isArray(value)
    ? value.map(literal)
    : Object.entries(value).map(([key, one]) => `[${literal(key)}] = ${literal(one)}`);
  return `{ ${entries.join(", ")} }`;
}
