/** Every browser that is signed in. */
export function Sessions() {
  return null
}
