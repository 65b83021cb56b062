/** What the kit uses of luaparse: https://github.com/fstirlitz/luaparse */
declare module "luaparse" {
  export interface LuaNode {
    readonly type: string;
    /** Of a return statement. */
    readonly arguments?: readonly LuaNode[];
  }

  /** @throws SyntaxError */
  export function parse(
    code: string,
    options: {
      readonly luaVersion: "LuaJIT";
      readonly comments: boolean;
      readonly extendedIdentifiers: boolean;
    },
  ): { readonly body: readonly LuaNode[] };
}
