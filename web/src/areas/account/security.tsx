/** Password, second factor. */
export function Security() {
  return null
}
