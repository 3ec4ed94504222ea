import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Code } from '../../../kit/copy'
import { sentence } from '../../../kit/fields'
import { plural } from '../../../kit/figures'
import { Loaded } from '../../../kit/loaded'
import { Muted } from '../../../kit/page'
import { Time } from '../../../kit/time'
import { faithful, readable } from '../destination/sample'
import { messageQuery } from './data'
import css from './overview.module.css'

const STATES: Record<string, string> = {
  retrying: 'It waits for another attempt.',
  deadLetter: 'Its retries are used up.',
  discarded: 'It was stopped.',
  settled: 'It is over.',
}

/** One message at a destination: what you sent, the request, and what was answered. */
export function MessageAt({
  ws,
  destination,
  position,
}: {
  ws: string
  destination: string
  position: string
}) {
  const message = useQuery(messageQuery(ws, destination, position))
  return (
    <Loaded query={message} rows={4}>
      {({ state, attempts, reason, sent, request, requestMissing, response, source }) => (
        <div className={css.message}>
          <p>
            {STATES[state] ?? state}
            {attempts ? ` ${plural(attempts, 'attempt')}.` : ''}{' '}
            {reason && `${reason.explanation} ${reason.remedy}`}
          </p>
          <section>
            <h3>You sent</h3>
            {sent ? (
              <Code text={faithful(sent.raw)} label="What you sent" />
            ) : (
              <Muted>It is no longer kept.</Muted>
            )}
          </section>
          <section>
            <h3>Request</h3>
            {request ? (
              <>
                <code className={css.line}>
                  {request.method} {request.url}
                </code>
                {request.body && <Code text={readable(request.body)} label="Request body" />}
              </>
            ) : (
              <Muted>{sentence(requestMissing ?? 'no request goes out')}</Muted>
            )}
          </section>
          <section>
            <h3>Response</h3>
            {response ? (
              <>
                <p>
                  <code className={css.line}>{response.status ?? response.code}</code>{' '}
                  <Muted>
                    <Time at={response.at} />
                  </Muted>
                </p>
                {response.excerpt ? (
                  <Code text={readable(response.excerpt)} label="What it answered" />
                ) : (
                  <Muted>It said nothing.</Muted>
                )}
              </>
            ) : (
              <Muted>No attempt was made.</Muted>
            )}
          </section>
          {source && (
            <Link
              to="/w/$ws/sources/$source/debugger"
              params={{ ws, source: source.split('/').at(-1)! }}
              search={{ at: position }}
            >
              Open in Debugger
            </Link>
          )}
        </div>
      )}
    </Loaded>
  )
}
