/** What arrives, as it arrives. */
export function Debugger() {
  return null
}
