import { describeNodeTls } from '../node-tls-suite.fixture.ts'
import { describeTls } from '../tls-suite.fixture.ts'
import { serve } from './index.ts'

describeTls(serve)
describeNodeTls(serve)
