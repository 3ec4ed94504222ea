/** The application and its status. */
export function PartnerApplication() {
  return null
}
