// SPDX-License-Identifier: Apache-2.0
// /command/<incident>, …/new, …/order/<id>, …/order/<id>/telephone
import type { ScreenProps } from '../base/router'
import { CallError } from '../base/rpc'
import { incidents } from '../base/services'
import { t as common } from '../base/texts'
import { Empty, Loading } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import './command.css'
import { Issue } from './issue'
import { OrderPage } from './order_page'
import { Overview } from './overview'
import { useHeld } from './store'
import { Telephone } from './telephone'

export default function Command({ params }: ScreenProps) {
  const [number = '', part = '', id = '', more = ''] = (params['*'] ?? '').split('/')
  const held = useHeld(`incident/${number}`, async () => (await incidents.getIncident({ id: number })).incident ?? null)
  const incident = held.value.value
  const error = held.error.value
  if (!incident) {
    const gone = error instanceof CallError && error.code === 'not_found'
    return (
      <div class="page narrow">
        {gone ? (
          <Empty title={common.notFound}>
            <p>{common.notFoundHint}</p>
          </Empty>
        ) : error ? (
          <ErrorNote error={error} onRetry={() => void held.load()} />
        ) : (
          <Loading />
        )}
      </div>
    )
  }
  if (part === 'new') return <Issue incident={incident} />
  if (part === 'order' && more === 'telephone') return <Telephone incident={incident} id={id} key={id} />
  if (part === 'order') return <OrderPage incident={incident} id={id} key={id} />
  return <Overview incident={incident} />
}
