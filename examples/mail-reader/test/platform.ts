import { globalPlatform } from "james-oidc-kit/testing";

export default globalPlatform({ environment: "mail" });
