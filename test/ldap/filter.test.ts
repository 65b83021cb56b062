import { expect, it } from "vitest";
import { isFilter } from "../../constructs/ldap/filter";

// As UnboundID's LDAP SDK, James's own, says of each.
it.each<[string, boolean]>([
  ["(a=b)", true],
  ["(a=)", true],
  ["(a=*)", true],
  ["(a>=5)", true],
  ["(&)", true],
  ["(&(a=b)(!(c=d)))", true],
  ["(memberOf:1.2.840.113556.1.4.1941:=cn=mail,o=acme)", true],
  ["(cn=\\28x\\29)", true],
  ["(cn=\\zz)", false],
  ["(a=b)(c=d)", false],
  ["(& (a=b) (c=d))", false],
  ["(!(a=b)(c=d))", false],
  ["(!a=b)", false],
  ["((a=b))", false],
  ["(a=(b))", false],
  ["(&(a=b)c=d)", false],
  ["(=b)", false],
  ["(a)", false],
  ["(a=b", false],
  ["a=b", false],
  ["\0", false],
])("%s", (text, expected) => {
  expect(isFilter(text)).toBe(expected);
});
