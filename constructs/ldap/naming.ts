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

/** Where those of a further domain are, in the directory of the first one. */
export function furtherPeopleDn(further: string, domain: string): string {
  return `ou=${further},${domainSuffix(domain)}`;
}
