/** What was changed in the portal, and by whom. */
export function PartnerAudit() {
  return null
}
