/** Events, properties and traits that were seen. */
export function SourceSchema() {
  return null
}
