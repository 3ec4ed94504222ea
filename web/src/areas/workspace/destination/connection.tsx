import { type UseMutationResult, useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ApiFailure, api, type Fault, inWorkspace, read, type Shapes } from '../../../api/client'
import { sentence } from '../../../kit/fields'
import { duration } from '../../../kit/figures'
import { Problem } from '../../../kit/loaded'
import type { Sendable } from '../../../kit/options-form'
import { Muted, Note } from '../../../kit/page'

type Trial = Shapes['Trial']

/** Tries the connection with settings that need not be saved yet; no message is sent. */
export function useConnectionTrial(
  ws: string,
  destination: string,
  typed: () => { settings: Sendable; faults: Fault[] },
) {
  return useMutation({
    mutationFn: async (): Promise<Trial> => {
      const { settings, faults } = typed()
      if (faults.length > 0) throw new ApiFailure(422, faults, null)
      const params = { path: { destinationId: destination }, header: inWorkspace(ws) }
      const body = { settings, connectionOnly: true }
      return await read(api.POST('/destinations/{destinationId}/test', { params, body }))
    },
  })
}

const isSetting = ({ pointer }: Fault) => pointer?.startsWith('/settings/')

/** What of a failure belongs at the fields of the settings. */
export const trialFaults = (error: unknown): Fault[] =>
  error instanceof ApiFailure ? error.faults.filter(isSetting) : []

/** What came of it, in words. */
export function ConnectionTrial({
  ws,
  destination,
  trial: { data, error },
}: {
  ws: string
  destination: string
  trial: UseMutationResult<Trial, unknown, void>
}) {
  return (
    <div aria-live="polite">
      {data && (
        <Note tone={data.outcome === 'delivered' ? 'ok' : data.outcome === 'retry' ? 'warn' : 'bad'}>
          <span>
            <strong>
              {data.outcome === 'delivered'
                ? '✓ The connection works with these settings.'
                : data.outcome === 'retry'
                  ? '↻ The connection does not work just now. It may by itself later.'
                  : '✕ The connection does not work with these settings.'}
            </strong>{' '}
            {sentence(data.detail)} <Muted>{duration(data.durationMs)}</Muted>
          </span>
        </Note>
      )}
      {error instanceof ApiFailure && error.has('message_needed') ? (
        <Note>
          <span>
            This kind of destination can only be tried with a message.{' '}
            <Link to="/w/$ws/destinations/$destination/test" params={{ ws, destination }}>
              Send a test message
            </Link>{' '}
            once the settings are saved.
          </span>
        </Note>
      ) : error instanceof ApiFailure && error.faults.every(isSetting) ? (
        <Note tone="bad">
          <span>✕ Nothing was tried: mend the settings above first.</span>
        </Note>
      ) : (
        error !== null && <Problem error={error} />
      )}
    </div>
  )
}
