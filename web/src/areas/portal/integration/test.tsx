/** Test workspaces and what arrives in them. */
export function TestSource() {
  return null
}
