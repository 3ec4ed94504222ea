/** People, roles, invitations. */
export function Members() {
  return null
}
