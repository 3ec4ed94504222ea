/** Every transition: who, when, why. */
export function IntegrationHistory() {
  return null
}
