/**
 * What Thunderbird must be told of an identity provider, under the names of an add-on's manifest:
 * https://webextension-api.thunderbird.net/en/mv2/oauthProvider.html
 */
export interface OauthProvider {
  /** Names the provider in Thunderbird's passwords. */
  readonly issuer: string;
  readonly clientId: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /** Where Thunderbird sees that the login is over: nothing need be there. */
  readonly redirectionEndpoint: string;
  /** Mail servers that it is for. */
  readonly hostnames: readonly string[];
  readonly scopes: string;
  readonly usePKCE: boolean;
}

/** Thunderbird takes what is behind each dot of a mail server's name, and so finds no name that has none. */
export function isFound(hostname: string): boolean {
  return hostname.includes(".");
}

/**
 * An add-on that makes Thunderbird, from release 140 on, know an identity provider: its one file, `manifest.json`.
 *
 * @param id distinguishes it from other add-ons
 * @param clientSecret undefined: of a public client
 */
export function addonManifest(
  { id, name }: { readonly id: string; readonly name: string },
  provider: OauthProvider,
  clientSecret: string | undefined,
): object {
  return {
    manifest_version: 2,
    name,
    version: "1.0",
    description: `Log in to mail at ${provider.hostnames.join(", ")} by ${provider.issuer}`,
    browser_specific_settings: { gecko: { id, strict_min_version: "140.0" } },
    oauth_provider: { ...provider, ...(clientSecret !== undefined && { clientSecret }) },
  };
}
