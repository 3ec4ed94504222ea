/** People of the partner team and their roles. */
export function PartnerTeam() {
  return null
}
