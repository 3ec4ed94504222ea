/** The settings of its definition. */
export function DestinationSettings() {
  return null
}
