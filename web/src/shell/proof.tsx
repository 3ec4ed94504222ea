import { lazy, Suspense, useSyncExternalStore } from 'react'
import { ApiFailure } from '../api/client'

/** Who waits for the password: told whether it was shown. */
let waiting: ((shown: boolean) => void)[] = []
const listeners = new Set<() => void>()
const set = (value: typeof waiting) => {
  waiting = value
  for (const listener of listeners) listener()
}

function ask(): Promise<boolean> {
  return new Promise((done) => set([...waiting, done]))
}

/** Closes the dialog and lets go on who waited for it. */
export function answer(shown: boolean) {
  const all = waiting
  set([])
  for (const done of all) done(shown)
}

/**
 * For what the API does only in a session whose password was shown in the last ten minutes (403 `proof_needed`): asks
 * for it in a dialog, and for the second factor's code where there is one, and then does the call once more. Whoever
 * closes the dialog gets the API's refusal, as if nobody had asked.
 *
 *     const proved = useProof()
 *     await proved(() => read(api.DELETE('/account')))
 */
export function useProof() {
  return proved
}

async function proved<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (refusal) {
    if (!(refusal instanceof ApiFailure && refusal.has('proof_needed'))) throw refusal
    if (!(await ask())) throw refusal
    return await call()
  }
}

const ProofDialog = lazy(() => import('./proof-dialog').then((module) => ({ default: module.ProofDialog })))

/** Where the password is asked for: once for the whole app. */
export function Proofs() {
  const asked = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => waiting.length > 0,
  )
  return <Suspense>{asked && <ProofDialog />}</Suspense>
}
