/** Source setup: name and slug. */
export function NewSource() {
  return null
}
