/** What operators changed. */
export function PlatformAudit() {
  return null
}
