import type * as cdktn from "cdktn";
import { ExitCode, KitError } from "../../kit/errors";

/** Which of both to use where a project has both. @default cdktn, whose constructs work in an App of CDKTF too */
const VARIABLE = "KIT_CDK";
const KNOWN = ["cdktn", "cdktf"] as const;

/**
 * CDK for Terraform, from the project that uses the kit: `cdktn`, or CDKTF, which it continues. Everything of the kit takes
 * it from here, so that one tree has constructs of one of them (docs/decisions/0001-cdk-by-one-door.md).
 */
const cdk = load();

export const {
  App,
  ComplexList,
  ComplexObject,
  DefaultTokenResolver,
  Fn,
  ImportableResource,
  Lazy,
  LocalBackend,
  StringConcat,
  StringMap,
  TerraformDataSource,
  TerraformOutput,
  TerraformProvider,
  TerraformResource,
  TerraformStack,
  TerraformVariable,
  Testing,
  Token,
  Tokenization,
  booleanToHclTerraform,
  booleanToTerraform,
  canInspect,
  hashMapper,
  hashMapperHcl,
  isComplexElement,
  listMapper,
  listMapperHcl,
  numberToHclTerraform,
  numberToTerraform,
  stringToHclTerraform,
  stringToTerraform,
} = cdk;

export type App = cdktn.App;
export type ComplexList = cdktn.ComplexList;
export type ComplexObject = cdktn.ComplexObject;
export type StringMap = cdktn.StringMap;
export type TerraformDataSource = cdktn.TerraformDataSource;
export type TerraformProvider = cdktn.TerraformProvider;
export type TerraformResource = cdktn.TerraformResource;
export type TerraformStack = cdktn.TerraformStack;
export type TerraformVariable = cdktn.TerraformVariable;
export type {
  IInterpolatingParent,
  IResolvable,
  TerraformMetaArguments,
} from "cdktn";

function load(): typeof cdktn {
  const wanted = process.env[VARIABLE];
  for (const name of wanted ? KNOWN.filter((known) => known === wanted) : KNOWN) {
    try {
      return require(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw wanted
    ? new KitError("there is no CDK for Terraform", [
        { where: VARIABLE, what: "this project has no such package", got: wanted, allowed: KNOWN },
      ])
    : new KitError(
        "there is no CDK for Terraform",
        [{ what: "the project has neither cdktn nor CDKTF", fix: "npm install cdktn constructs" }],
        { exitCode: ExitCode.machine },
      );
}
