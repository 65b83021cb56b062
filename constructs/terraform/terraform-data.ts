import type { Construct } from "constructs";
import { TerraformResource } from ".";

type Provisioners = NonNullable<ConstructorParameters<typeof TerraformResource>[2]["provisioners"]>;

export interface TerraformDataProps {
  /** It is made anew, and its programs run again, when this changes. */
  readonly triggersReplace: unknown;
  readonly provisioners: Provisioners;
  /** @default none */
  readonly dependsOn?: readonly TerraformResource[];
}

/** What programs make for which no provider has a resource: https://developer.hashicorp.com/terraform/language/resources/terraform-data */
export class TerraformData extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    { triggersReplace, provisioners, dependsOn }: TerraformDataProps,
  ) {
    // Not CDKTF's DataResource: each one of it runs Terraform at synthesis, to ask for its version.
    super(scope, id, {
      terraformResourceType: "terraform_data",
      provisioners,
      ...(dependsOn && { dependsOn: [...dependsOn] }),
    });
    this.addOverride("triggers_replace", triggersReplace);
  }
}
