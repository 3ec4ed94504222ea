/** Labels of sources. */
export function Labels() {
  return null
}
