import { prepareTerraform } from "../../../setup/machine";
import { createProgress } from "../../../setup/progress/progress";
import { KeycloakProviderUnavailable } from "../../../setup/terraform/keycloak-provider";

/** Why Keycloak's Terraform provider cannot be had here; undefined where it can. */
export const providerUnavailable = () =>
  prepareTerraform(createProgress(), { keycloakProvider: true }).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof KeycloakProviderUnavailable) return error.message;
      throw error;
    },
  );
