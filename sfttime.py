import time,cProfile,pstats
from assay_envs.suite import Suite
from assay_trainer.sft import SFTData, tokenizer_texts
from assay_trainer.chat import train_tokenizer
s=Suite.load("game"); chat=train_tokenizer(tokenizer_texts(s,0,400),490); d=SFTData(s,chat,0)
t=time.process_time(); [d.batch(i,48) for i in range(3)]; print("batch",(time.process_time()-t)/3)
import numpy as np
L=[len(d.example(i).tokens) for i in range(200)]; print(np.mean(L),max(L))
pr=cProfile.Profile(); pr.enable(); d.batch(5,48); pr.disable(); pstats.Stats(pr).sort_stats("cumtime").print_stats(22)
