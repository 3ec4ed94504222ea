/** A listing, in the visitor's own workspace. */
export function DeepLink() {
  return null
}
