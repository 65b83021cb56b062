/** Where a domain's directory begins: `example.com` gives `dc=example,dc=com`. */
export function domainSuffix(domain: string): string {
  return domain
    .split(".")
    .map((label) => `dc=${label}`)
    .join(",");
}

/** Where the people of the directory's own domain are. */
export function peopleDn(domain: string): string {
  return `ou=people,${domainSuffix(domain)}`;
}

/** Where the people of a further domain are, in the directory of the first domain. */
export function furtherPeopleDn(further: string, domain: string): string {
  return `ou=${further},${domainSuffix(domain)}`;
}

/** How the kit's own directory is reached, for the people of its own domain or of a further one. */
export function directoryAt(
  host: string,
  domain: string,
  { further, tls = false }: { readonly further?: string | undefined; readonly tls?: boolean } = {},
): { readonly url: string; readonly usersDn: string; readonly bindDn: string } {
  return {
    url: tls ? `ldaps://${host}:636` : `ldap://${host}:389`,
    usersDn: further === undefined ? peopleDn(domain) : furtherPeopleDn(further, domain),
    bindDn: `cn=admin,${domainSuffix(domain)}`,
  };
}
