/** The settings that customers fill in. */
export function SetupFields() {
  return null
}
