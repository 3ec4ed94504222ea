/** Personal API tokens. */
export function PersonalTokens() {
  return null
}
