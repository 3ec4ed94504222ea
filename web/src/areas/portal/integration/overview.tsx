/** What is left to do. */
export function IntegrationOverview() {
  return null
}
