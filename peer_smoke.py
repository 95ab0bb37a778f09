import sys,json,pathlib,argparse,tempfile
sys.path.insert(0,'/tmp/dev/T5/main/benchmarks')
import trainer as t
from assay_datasets import add_plugin
add_plugin(t._HERE/'c3po_env.py')
a=argparse.Namespace(seed=0,steps=2,longest=24,threads=1)
p=pathlib.Path('/tmp/dev/T5/ps'); import shutil; shutil.rmtree(p,ignore_errors=True); p.mkdir()
s=t._settings(a,p); print(s['prompt_tokens'],s['texts'][:2])
t._WARM=0
print(t._time([sys.executable,str(t._HERE/'trainer_ours.py')],s,p/'ours'))
