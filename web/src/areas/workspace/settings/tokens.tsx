/** API tokens of the workspace. */
export function WorkspaceTokens() {
  return null
}
