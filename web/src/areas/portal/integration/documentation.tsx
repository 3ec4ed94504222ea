/** The documentation, section by section. */
export function Documentation() {
  return null
}
